"""What data sets there are: described by nodes and stewards, found by everybody."""
