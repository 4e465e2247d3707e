"""`python -m chenu` is the `chenu` command."""

from chenu.cli import main

if __name__ == "__main__":
    main()
