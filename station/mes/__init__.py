"""What machines ask of the station: the versioned HTTP API, `app.api_app`. For its users: ``docs/api.md``.

Who may ask is in `tokens` and `access`; what may be asked at all in `guard`; what is answered over any record, of a
station or of a plant, in `records`; what only a station has (its state, orders to come) in `cell` and `orders`.
"""
