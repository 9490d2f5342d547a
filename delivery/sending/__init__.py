"""Bringing batches out: claims with lease and fence, submissions written before they leave, answers, sweeps."""
