"""What a process of ours needs of the machine: signals, open files, its environment, its log, and name look-ups.
Nothing here knows of cameras, viewers or permission."""
