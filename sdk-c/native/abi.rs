//! How values lie in memory between the generated C and this library.

use std::{
    ffi::{CStr, c_char, c_void},
    marker::PhantomData,
    mem::MaybeUninit,
    ptr::{NonNull, null_mut},
    slice,
};
use wasi_cloud_sdk::{Error, Kind, Result};

unsafe extern "C" {
    /// The program's own allocator, part of the generated C, as a host would use it: so sanitizers see who does not free.
    /// It never returns NULL.
    fn cabi_realloc(old: *mut c_void, old_size: usize, align: usize, new_size: usize) -> *mut c_void;
}

/// Ends the program with one line: what a component would trap for.
pub(crate) fn trap(why: &str) -> ! {
    eprintln!("wasi-cloud: {why}");
    std::process::abort()
}

/// The beginning of an argument of which the length follows. Only C makes one: the generated code passes what the caller
/// lends for the call.
#[repr(transparent)]
#[derive(Clone, Copy)]
pub(crate) struct In<'a, T = u8>(*const T, PhantomData<&'a T>);

impl<'a, T> In<'a, T> {
    /// All of it.
    pub(crate) fn list(self, len: usize) -> &'a [T] {
        if len == 0 {
            return &[];
        }
        if self.0.is_null() {
            trap("an argument is NULL, and its length is not 0");
        }
        // SAFETY: C lends so many of these for the call.
        unsafe { slice::from_raw_parts(self.0, len) }
    }
}

impl<'a> In<'a> {
    /// As text.
    pub(crate) fn text(self, len: usize) -> &'a str {
        str::from_utf8(self.list(len)).unwrap_or_else(|_| trap("an argument is not UTF-8: a host traps here"))
    }

    /// As text that is there if `some` is 1.
    pub(crate) fn option(self, some: i32, len: usize) -> Option<&'a str> {
        (some == 1).then(|| self.text(len))
    }
}

/// Bytes or text in a list of arguments.
#[repr(C)]
pub(crate) struct View<'a> {
    ptr: In<'a>,
    len: usize,
}

impl<'a> View<'a> {
    pub(crate) fn bytes(&self) -> &'a [u8] {
        self.ptr.list(self.len)
    }

    pub(crate) fn text(&self) -> &'a str {
        self.ptr.text(self.len)
    }
}

/// A text with a zero behind it, or NULL.
#[repr(transparent)]
#[derive(Clone, Copy)]
pub(crate) struct Text<'a>(*const c_char, PhantomData<&'a CStr>);

impl<'a> Text<'a> {
    pub(crate) fn is_null(&self) -> bool {
        self.0.is_null()
    }

    pub(crate) fn get(self) -> Result<&'a str> {
        if self.is_null() {
            return Err(Error::new(Kind::Invalid, "a text is NULL"));
        }
        // SAFETY: C lends a text with a zero behind it.
        let text = unsafe { CStr::from_ptr(self.0) };
        text.to_str().map_err(|_| Error::new(Kind::Invalid, "a text is not UTF-8"))
    }
}

/// A list that ends with an item which is none, or NULL.
#[repr(transparent)]
#[derive(Clone, Copy)]
pub(crate) struct Ended<'a, T>(*const T, PhantomData<&'a T>);

impl<'a, T> Ended<'a, T> {
    pub(crate) fn list(&self, is_end: impl Fn(&T) -> bool) -> Option<&'a [T]> {
        // SAFETY: C lends a list that goes on to its end, where this stops.
        let at = |place| unsafe { &*self.0.add(place) };
        let length = || (0..).find(|&place| is_end(at(place)));
        // SAFETY: all before the end are there.
        (!self.0.is_null()).then(|| unsafe { slice::from_raw_parts(self.0, length().unwrap_or_default()) })
    }
}

/// Where C wants a result.
pub(crate) type Ret<'a, T> = &'a mut MaybeUninit<<T as Lower>::Low>;

/// What has a layout for C.
pub(crate) trait Lower {
    type Low;

    fn lower(self) -> Self::Low;
}

/// A list or a text, in memory that C frees.
#[repr(C)]
pub(crate) struct List<T> {
    pub(crate) ptr: NonNull<T>,
    pub(crate) len: usize,
}

/// `option`.
#[repr(C, u8)]
#[allow(dead_code, reason = "C reads it")]
pub(crate) enum Maybe<T> {
    None,
    Some(T),
}

/// `result`.
#[repr(C, u8)]
#[allow(dead_code, reason = "C reads it")]
pub(crate) enum Outcome<T, E> {
    Ok(T),
    Err(E),
}

/// `tuple` of two.
#[repr(C)]
pub(crate) struct Pair<A, B>(pub(crate) A, pub(crate) B);

/// What lies in Rust as it does in C.
macro_rules! as_it_is {
    ($($type:ty),*) => {$(
        impl $crate::abi::Lower for $type {
            type Low = Self;

            fn lower(self) -> Self {
                self
            }
        }
    )*};
}
pub(crate) use as_it_is;

as_it_is!((), bool, u8, i32, i64);

impl<T: Lower> Lower for Vec<T> {
    type Low = List<T::Low>;

    fn lower(self) -> List<T::Low> {
        let (len, size) = (self.len(), self.len() * size_of::<T::Low>());
        // SAFETY: a new allocation, with the alignment of what will be in it.
        let new = unsafe { cabi_realloc(null_mut(), 0, align_of::<T::Low>(), size) };
        let Some(ptr) = NonNull::new(new.cast()) else { trap("no memory is left") };
        for (i, item) in self.into_iter().enumerate() {
            // SAFETY: `i` is below the number of items that the allocation was made for.
            unsafe { ptr.add(i).write(item.lower()) };
        }
        List { ptr, len }
    }
}

impl Lower for String {
    type Low = List<u8>;

    fn lower(self) -> List<u8> {
        self.into_bytes().lower()
    }
}

impl<T: Lower> Lower for Option<T> {
    type Low = Maybe<T::Low>;

    fn lower(self) -> Maybe<T::Low> {
        self.map_or(Maybe::None, |some| Maybe::Some(some.lower()))
    }
}

impl<T: Lower, E: Lower> Lower for Result<T, E> {
    type Low = Outcome<T::Low, E::Low>;

    fn lower(self) -> Outcome<T::Low, E::Low> {
        match self {
            Ok(value) => Outcome::Ok(value.lower()),
            Err(error) => Outcome::Err(error.lower()),
        }
    }
}

impl<A: Lower, B: Lower> Lower for (A, B) {
    type Low = Pair<A::Low, B::Low>;

    fn lower(self) -> Pair<A::Low, B::Low> {
        Pair(self.0.lower(), self.1.lower())
    }
}
