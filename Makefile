# make demo: builds and shows the tool on schema/    make test: every test, on PostgreSQL 14 to 18
# make bench: speed and memory beside pg_dump        All of them install what is missing first.
export PATH := $(PATH):$(HOME)/.cargo/bin
.PHONY: demo test bench

demo:
	@scripts/setup build server
	cargo build --locked
	@scripts/demo target/debug/reconcile

test:
	@scripts/setup build test
	cargo test --locked --all-targets
	cargo test --locked --doc

bench:
	@scripts/setup build bench
	cargo build --locked --release
	scripts/bench --reconcile target/release/reconcile
