"""Deployment: a trained network leaves the notebook, as a file, behind a service, with a watch on its input.

One subject a file: `files` saves and loads, `batcher` gathers requests, `queueing` computes what gathering
does, `service` answers over HTTP, `client` asks, `drift` watches what comes in, and `pipeline` goes the whole
way from a split to bits. FastAPI and uvicorn are imported by `service` alone.
"""
