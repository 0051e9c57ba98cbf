"""Paper for people: return receipts, commitments and statements, as accessible PDF (PDF/UA-1) in fi, sv, en.

The words stand in `words.yaml` and `texts.yaml`, the page in `page.typ`. Texts reach the page as data:
nothing that anybody wrote is read as markup.
"""
