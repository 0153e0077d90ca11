"""What runs, with the roles that it acts as: functions, state machines and their schedules."""
