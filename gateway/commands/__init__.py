"""What the command line does, a module a command. Prints for people; holds nothing that a service should do."""
