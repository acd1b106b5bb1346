"""README.txt of a bundle: for an auditor who has never heard of the station."""

README = """\
EVIDENCE OF ONE PART

This archive holds what an inspection station recorded about one part: every attempt at inspecting it, what happened to
it, the order, the drawing, the calibration, and the pictures, each as it was stored, byte for byte. It can be checked
with programs that have nothing to do with the station: sha256sum, openssl, jq, xxd and pymerkle. The whole procedure,
with commands to copy, is in docs/record.md of the station's software, "Checking a bundle by hand". In short:

1. Nothing is changed, missing or added:
       sha256sum --check --strict SHA256SUMS
2. The list was signed by the holder of key.pem:
       openssl pkeyutl -verify -pubin -inkey key.pem -rawin -in SHA256SUMS -sigfile SHA256SUMS.sig
3. key.pem is the station's: compare this with what was noted when the station was set up. WITHOUT THIS STEP the
   archive shows only that it was made by whoever holds some key:
       openssl pkey -pubin -in key.pem -outform DER | sha256sum

What this cannot show: that nothing about the part was left out. Whoever holds the key could leave out later attempts,
or a withdrawal; ask for a newer archive, or have the whole record checked ("station verify").

manifest.json       what is in here, and what belongs to what
entries/N.json      entry number N of the station's record, as it was committed (canonical JSON, RFC 8785)
entries/N.link      six lines; their SHA-256 is the hash of the entry. The last line is the SHA-256 of N.json, the one
                    before it the hash of the entry before
entries/N.proof     the path from that hash to the root in checkpoint.txt (Merkle tree of RFC 6962, read by pymerkle)
documents/          orders, drawings, calibrations, public keys; the name is the SHA-256
frames/ overlays/   pictures as taken, and as drawn for people; the name is the SHA-256. Pictures that a rule of
                    retention removed are in manifest.json with the entry that says so
checkpoint.txt      what the station's whole record was when this was exported, signed (C2SP tlog-checkpoint)
since/              if there: a checkpoint that somebody kept, and the path of its newest entry to the root of
                    checkpoint.txt: so the record begins as that checkpoint says
time/               if there: an earlier checkpoint, a time stamp over it by a third party (RFC 3161), and the path of
                    the inspection to its root: so the inspection existed before that moment
key.pem             the station's public key (Ed25519)
"""
