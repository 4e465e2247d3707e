"""Revenue: metrics, movements of MRR, cohorts and targets, read from views of the features."""
