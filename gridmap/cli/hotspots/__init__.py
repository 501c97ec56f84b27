"""Commands about hotspots, rates and forecasts."""
