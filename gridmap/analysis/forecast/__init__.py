"""Next week's expected counts by grid cell, and whether any model beats plain counting.

On published data of two cities a plain count of the year before predicted the next week better than Gi* did. So every
model here stands beside that count, on weeks that it has not seen, and the verdict says so when it is no better.
"""

from gridmap.analysis.forecast.models import MODELS, Forecast, predict
from gridmap.analysis.forecast.scoring import Score, Scores, hits_at, score

__all__ = ["MODELS", "Forecast", "Score", "Scores", "hits_at", "predict", "score"]
