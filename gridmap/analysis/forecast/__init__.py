"""Next week's expected counts by grid cell, and whether any model beats counting.

On published data of two cities a plain count of the year before predicted the next week better than Gi* did. So every
model here stands beside three kinds of counting, on weeks that it has not seen, and the verdict says so when it is no
better than the best of them.
"""

from gridmap.analysis.forecast.choice import Forecast, flagged, hits_at, predict
from gridmap.analysis.forecast.history import History
from gridmap.analysis.forecast.models import MODELS
from gridmap.analysis.forecast.scoring import Score, Scores, score

__all__ = ["MODELS", "Forecast", "History", "Score", "Scores", "flagged", "hits_at", "predict", "score"]
