//! The program `bazaar`. Everything is in the library, so that tests can call it.

fn main() -> std::process::ExitCode {
    coordinator::main()
}
