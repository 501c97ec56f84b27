"""What commands that import and export records share."""
