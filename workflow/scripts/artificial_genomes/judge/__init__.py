"""What the numbers mean and what follows from them: definitions, scorecard, gates, verdict and published numbers."""
