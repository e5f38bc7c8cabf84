"""A store that several machines share: a bucket behind the store on this disk, which is asked first.

    v1/secret                                 what digests of variables' values are made under
    v1/channels/<name>/<sequence>             moves, one object each
    v1/<scope>/head                           the traces of the newest complete run, in one object
    v1/<scope>/traces/<key>/<trace>           what came out under a key
    v1/<scope>/executed/<key>/<key>-<trace>   traces by their key without what is only shown with the results
    v1/<scope>/objects/ab/cdef...             bytes, by their digest
    v1/<scope>/bases/<digest>  v1/<scope>/snapshots/<digest>  v1/<scope>/runs/<id>
    v1/pr/<n>/channels/<name>/<sequence>      the previews of a fork

A scope is a folder, so that rights go by prefix. Nothing that comes from a bucket is believed by its name: what is
content is held against its digest, and a trace is looked at for what it could do to this machine. A bucket that
fails, stalls, lies or loses costs time and never a result.
"""
