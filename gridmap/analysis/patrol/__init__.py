from gridmap.analysis.patrol.solve import *
from gridmap.analysis.patrol.stop import *
