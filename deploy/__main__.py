import sys
print(sys.argv, sys.executable)
