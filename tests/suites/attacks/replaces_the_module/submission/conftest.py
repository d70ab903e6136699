import sys
import types

own = types.ModuleType("inventory")
exec("class Inventory:\n    def __init__(self, **_): pass\n    def receive(self, sku, quantity): return quantity\n", vars(own))
sys.modules["inventory"] = own
