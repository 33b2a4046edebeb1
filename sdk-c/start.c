// The start of a command, for an old wasi-libc, such as Debian 12's of 2022: link a program that has a `main` with
// -nostartfiles, and the linker takes this one. In any other program it takes none of this.
//
// The old start leaves constructors and destructors to the linker, which then runs them around every function that the program
// exports. One of these gives the host memory for its results: there stdio would be flushed in the middle of a call, which
// traps. The linker leaves a program alone that calls its constructors itself, as newer ones do.

#ifdef __wasm__
void __wasm_call_ctors(void);
void __wasm_call_dtors(void);
int __main_void(void);
_Noreturn void __wasi_proc_exit(unsigned int code);

__attribute__((__export_name__("_start"))) void _start(void);

void _start(void) {
  __wasm_call_ctors();
  int code = __main_void();
  __wasm_call_dtors();
  if (code) __wasi_proc_exit((unsigned int)code);
}
#else
typedef int wcli_only_wasm_has_a_start;
#endif
