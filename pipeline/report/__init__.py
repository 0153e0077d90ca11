"""The report: one page of HTML about what became of files, from their manifests."""
