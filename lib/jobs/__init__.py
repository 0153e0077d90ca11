"""What runs, with its roles: functions, state machines and their schedules."""
