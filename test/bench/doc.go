// Command bench compares Referee with a bare httputil.ReverseProxy and with nginx, in one run on one machine: the same
// app (nginx, static files), the same load, TLS on both sides, HTTP/1.1 and HTTP/2 apart. Referee works with session,
// recognition, decision and classification on, as composed by package node.
//
// It owns the peers' configuration, the load and the table. Micro benchmarks are beside their packages. The peers take
// turns (A B C, B C A, …) and each figure is the median of its rounds, so that what else the machine does falls on all
// of them. Everything listens on loopback; all processes are started here and ended by id. HTTP/2 is the client's
// side; apps are asked by HTTP/1.1 over TLS. Needs nginx, wrk, h2load. Begin with main.go.
package main
