"""Many processes on many machines, loaded and broken: `make scale`, docs/scaling.md."""
