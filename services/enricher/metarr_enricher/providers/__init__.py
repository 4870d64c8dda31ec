"""The providers: one module each, behind the one-ability protocols of metarr_enricher.protocol."""
