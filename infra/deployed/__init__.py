"""The code of a stage: packed with Chalice, and put on an AWS whose state stack exists."""
