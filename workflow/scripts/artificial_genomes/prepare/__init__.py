"""From files of a cohort to one prepared dataset with its split; AGs from elsewhere."""
