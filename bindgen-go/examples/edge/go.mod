module example.com/edge

go 1.26

require github.com/fastly/compute-sdk-go v1.4.2
