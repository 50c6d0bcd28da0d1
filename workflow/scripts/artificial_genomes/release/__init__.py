"""AGs cleared for release, their data card and near copies."""
