"""Tables of a finished batch: results, outliers, the index page."""
