"""Reports: documents of a period and a scope that can be made again to the byte, and the register of them."""
