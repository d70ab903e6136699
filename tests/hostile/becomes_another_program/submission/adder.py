import os
import sys

os.execv(sys.executable, [sys.executable, "-c", "import os; os.write(4, b'\\0\\0\\0\\2{}')"])
