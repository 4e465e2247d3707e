"""What a process may take that works on what people sent: it ends when it takes more.

Called first by the program itself, which `chenu.core.bounded_process` starts.
"""

import resource


def limit_process(*, cpu_seconds: int, memory: int, writes_files: bool = True) -> None:
    """`memory` is of addresses, in bytes; at its end Python raises MemoryError."""
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if not writes_files:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
