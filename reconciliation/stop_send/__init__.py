"""Stop-send and recovery (停发, 回捞): who cannot be reached is left in peace, never forgotten, and brought back.

`streaks` counts failures in a row, `deciding` stops by them, `monitors` watch the
stopped and look for signs of life, `attempts` try to reach them again, `replaying`
gives them what they missed, `report` counts a month, `schedule` learns when to try.
"""
