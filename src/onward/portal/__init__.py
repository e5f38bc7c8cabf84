"""The site: a release as static pages that open from a file, without network and without scripts.

`content` is what comes in (pure data, filled by `app`), `site.write` is what goes out. The portal
draws values; it decides nothing, reads no store, and opens no pickle.
"""
