"""One stage on the emulated AWS, from both its stacks' making to their removal; its tests leave the task queue as they found it."""
