"""What MMSCs tell afterwards: stored as it comes, matched to submissions, folded into outcomes in any order."""
