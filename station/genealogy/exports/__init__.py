"""The record in the formats that MES, ERP and quality departments read. Pure: a dossier in, the bytes of a file out.

`formats.FORMATS` lists them; each module makes one format and says what of ours it has no place for.
"""
