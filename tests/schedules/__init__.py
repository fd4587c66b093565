"""Every order in which the port calls of use cases that meet can follow each other: slow, because it is every order."""
