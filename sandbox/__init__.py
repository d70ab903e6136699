"""The wall: untrusted Python runs behind it, and plain data crosses it. Nothing else from this project is imported
here.
"""
