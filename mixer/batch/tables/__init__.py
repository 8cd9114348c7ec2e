"""What a finished batch is told by: results, outliers, the index page."""
