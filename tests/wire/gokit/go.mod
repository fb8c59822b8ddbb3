module treaty/tests/wire/gokit

go 1.19
