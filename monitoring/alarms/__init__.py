"""Alarms: which kinds there are, what is looked at again and again, and what a person does with one."""
