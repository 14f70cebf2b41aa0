// MediaMTX, as a client of WHEP in tests/clients. What it is built from in turn stands in its own go.sum.
module reader

go 1.26.0

require github.com/bluenviron/mediamtx v1.20.1
