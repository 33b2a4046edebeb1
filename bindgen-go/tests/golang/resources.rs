//! Resources both ways: buckets of the host, counters of the component. Who counts handles sees that none is left.

use std::collections::BTreeMap;

use wasmtime::component::{Component, Linker, LinkerInstance, Resource, ResourceType, Val};
use wasmtime::{AsContextMut, StoreContextMut};

use crate::guest::{Module, Running, State, wit};

pub const COUNTERS: &str = "test:resources/counters";

/// The buckets that guests have handles of.
#[derive(Default)]
pub struct Buckets {
    open: BTreeMap<u32, (String, BTreeMap<String, Vec<u8>>)>,
    made: u32,
}

impl Buckets {
    pub fn len(&self) -> usize {
        self.open.len()
    }

    fn make(&mut self, name: String) -> Resource<Bucket> {
        self.made += 1;
        self.open.insert(self.made, (name, BTreeMap::new()));
        Resource::new_own(self.made)
    }
}

pub struct Bucket;

type Store<'a> = StoreContextMut<'a, State>;

fn number(store: &mut Store<'_>, value: &Val) -> wasmtime::Result<u32> {
    let Val::Resource(any) = value else { panic!("no resource: {value:?}") };
    Ok(any.try_into_resource::<Bucket>(store)?.rep())
}

fn own(mut store: Store<'_>, name: String) -> wasmtime::Result<Val> {
    let made = store.data_mut().buckets.make(name);
    Ok(Val::Resource(made.try_into_resource_any(store.as_context_mut())?))
}

fn text(value: &Val) -> String {
    let Val::String(text) = value else { panic!("no text: {value:?}") };
    text.clone()
}

fn add(
    at: &mut LinkerInstance<'_, State>,
    name: &str,
    function: impl Fn(Store<'_>, &[Val]) -> wasmtime::Result<Val> + Send + Sync + 'static,
) {
    let call = move |store: Store<'_>, _, arguments: &[Val], results: &mut [Val]| {
        let value = function(store, arguments)?;
        if let Some(result) = results.first_mut() {
            *result = value;
        }
        Ok(())
    };
    at.func_new(name, call).expect("a function");
}

fn ok(value: Option<Val>) -> Val {
    Val::Result(Ok(value.map(Box::new)))
}

pub fn link(linker: &mut Linker<State>, _: &Component) {
    let mut at = linker.instance("test:resources/store").expect("an instance");
    at.resource("bucket", ResourceType::host::<Bucket>(), |mut store, rep| {
        store.data_mut().buckets.open.remove(&rep).expect("a bucket is dropped once");
        Ok(())
    })
    .expect("a resource");
    add(&mut at, "[constructor]bucket", |store, v| own(store, text(&v[0])));
    add(&mut at, "[static]bucket.open", |store, v| {
        let error = |case: &str, text: Option<&str>| {
            let payload = text.map(|text| Box::new(Val::String(text.to_owned())));
            Ok(Val::Result(Err(Some(Box::new(Val::Variant(case.to_owned(), payload))))))
        };
        match &*text(&v[0]) {
            "missing" => error("no-such-store", None),
            "slow" => error("timeout", None),
            "broken" => error("other", Some("it broke")),
            name => Ok(ok(Some(own(store, name.to_owned())?))),
        }
    });
    add(&mut at, "[method]bucket.get", |mut store, v| {
        let rep = number(&mut store, &v[0])?;
        let value = store.data().buckets.open[&rep].1.get(&text(&v[1])).cloned();
        let bytes = |value: Vec<u8>| Box::new(Val::List(value.into_iter().map(Val::U8).collect()));
        Ok(ok(Some(Val::Option(value.map(bytes)))))
    });
    add(&mut at, "[method]bucket.set", |mut store, v| {
        let rep = number(&mut store, &v[0])?;
        let Val::List(bytes) = &v[2] else { panic!("no bytes") };
        let bytes = bytes.iter().map(|b| if let Val::U8(b) = b { *b } else { 0 }).collect();
        store.data_mut().buckets.open.get_mut(&rep).expect("open").1.insert(text(&v[1]), bytes);
        Ok(ok(None))
    });
    add(&mut at, "[method]bucket.name", |mut store, v| {
        let rep = number(&mut store, &v[0])?;
        Ok(Val::String(store.data().buckets.open[&rep].0.clone()))
    });
    add(&mut at, "[method]bucket.close", |mut store, v| number(&mut store, &v[0]).map(Val::U32));
    add(&mut at, "[static]bucket.merge", |mut store, v| {
        let Val::List(buckets) = &v[0] else { panic!("no list") };
        let mut names = Vec::new();
        for bucket in buckets {
            let rep = number(&mut store, bucket)?;
            names.push(store.data_mut().buckets.open.remove(&rep).expect("open").0);
        }
        own(store, names.join("+"))
    });
    add(&mut at, "count", |store, _| Ok(Val::U32(store.data().buckets.open.len() as u32)));
    add(&mut at, "first", |mut store, v| {
        let Val::List(buckets) = &v[0] else { panic!("no list") };
        let rep = number(&mut store, &buckets[0])?;
        Ok(Val::Option(Some(Box::new(Val::String(store.data().buckets.open[&rep].0.clone())))))
    });
    add(&mut at, "maybe", |store, v| {
        let Val::Option(Some(name)) = &v[0] else { return Ok(Val::Option(None)) };
        Ok(Val::Option(Some(Box::new(own(store, text(name))?))))
    });
    let mut at = linker.instance("test:resources/atomics").expect("an instance");
    add(&mut at, "increment", |mut store, v| {
        number(&mut store, &v[0])?;
        Ok(ok(Some(v[2].clone())))
    });
    add(&mut at, "absorb", |mut store, v| {
        number(&mut store, &v[0])?;
        let given = number(&mut store, &v[1])?;
        store.data_mut().buckets.open.remove(&given);
        Ok(ok(None))
    });
}

pub fn component() -> Vec<u8> {
    let module = Module::new("resources");
    module.write("main.go", include_str!("guests/resources.go"));
    module.component(&[wit("resources")])
}

fn counter(running: &mut Running, start: u32) -> Val {
    running.call(COUNTERS, "[constructor]counter", &[Val::U32(start)]).expect("a counter")
}

fn drop_it(running: &mut Running, value: &Val) {
    let Val::Resource(any) = value else { panic!("no resource") };
    any.resource_drop(&mut running.store).expect("it is dropped");
}

/// Counters that are out, and counters that were closed.
fn collect(running: &mut Running) -> (u32, u32) {
    let Val::U32(both) = running.call(COUNTERS, "collect", &[]).expect("collect") else { panic!("no number") };
    (both >> 16, both & 0xffff)
}

pub fn both_ways() -> wasmtime::Result<()> {
    let mut running = Running::new(&component(), link);
    let r = &mut running;

    let (a, b) = (counter(r, 3), counter(r, 4));
    assert_eq!(r.call(COUNTERS, "[method]counter.add", &[a.clone(), Val::U32(2)])?, Val::U32(5));
    assert_eq!(r.call(COUNTERS, "use-borrow", std::slice::from_ref(&a))?, Val::U32(5));
    assert_eq!(collect(r), (2, 0));
    // Two are given away, which is no reason to close them, and one comes back.
    let joined = r.call(COUNTERS, "[static]counter.join", &[a, b])?;
    assert_eq!(r.call(COUNTERS, "[method]counter.value", std::slice::from_ref(&joined))?, Val::U32(9));
    assert_eq!(collect(r), (1, 0));
    drop_it(r, &joined);
    assert_eq!(collect(r), (0, 1));

    let none = r.call(COUNTERS, "maybe", &[Val::Option(None)])?;
    assert_eq!(none, Val::Option(None));
    let one = counter(r, 1);
    let Val::Option(Some(one)) = r.call(COUNTERS, "maybe", &[Val::Option(Some(Box::new(one)))])? else {
        panic!("none")
    };
    let two = counter(r, 2);
    let Val::List(all) = r.call(COUNTERS, "all", &[Val::List(vec![*one, two])])? else { panic!("no list") };
    assert_eq!(r.call(COUNTERS, "[method]counter.value", &all[1..])?, Val::U32(2));
    all.iter().for_each(|counter| drop_it(r, counter));
    assert_eq!(collect(r), (0, 3));

    // Of what cannot be returned as a whole, nothing is left behind.
    let Val::Result(Ok(Some(list))) = r.call(COUNTERS, "some", &[Val::U32(2), Val::String("good".to_owned())])? else {
        panic!("an error")
    };
    let Val::List(all) = *list else { panic!("no list") };
    assert_eq!((all.len(), collect(r)), (2, (2, 3)));
    all.iter().for_each(|counter| drop_it(r, counter));
    let failed = r.call(COUNTERS, "some", &[Val::U32(3), Val::String("nil".to_owned())])?;
    let text = Box::new(Val::String("wit: a handler returned a nil resource".to_owned()));
    assert_eq!(failed, Val::Result(Err(Some(Box::new(Val::Variant("other".to_owned(), Some(text)))))));
    assert_eq!(collect(r), (0, 8));

    // A bucket of the host, lent and given.
    let bucket = r.store.data_mut().buckets.make("mine".to_owned());
    let rep = bucket.rep();
    let mine = Val::Resource(bucket.try_into_resource_any(&mut r.store)?);
    let said = r.call(COUNTERS, "lend", std::slice::from_ref(&mine))?;
    assert_eq!(said, ok(Some(Val::String("nothing in mine".to_owned()))));
    let Val::Result(Ok(Some(back))) = r.call(COUNTERS, "give", &[mine])? else { panic!("an error") };
    assert_eq!(number(&mut r.store.as_context_mut(), &back)?, rep);
    r.store.data_mut().buckets.open.remove(&rep);

    for i in 0..100 {
        assert_eq!(r.call(COUNTERS, "keep", &[Val::String(format!("bucket {i}"))])?, ok(Some(Val::U32(0))));
    }
    for i in 0..1_000 {
        let bucket = r.store.data_mut().buckets.make(format!("forgotten {i}")).try_into_resource_any(&mut r.store)?;
        r.call(COUNTERS, "forget", &[Val::Resource(bucket)])?;
    }
    let left = r.store.data().buckets.open.len();
    assert!(left < 300, "{left} buckets are left to a component that calls no imports");
    collect(r);
    assert!(r.store.data().buckets.open.is_empty(), "the collector has dropped what was left to it");
    Ok(())
}

/// Handlers may wait, as any Go may: for timers, and for each other.
pub fn goroutines() -> wasmtime::Result<()> {
    let mut running = Running::new(&component(), link);
    for _ in 0..20 {
        let got = running.call(COUNTERS, "keep", &[Val::String("goroutines".to_owned())])?;
        assert_eq!(got, ok(Some(Val::U32(0))));
    }
    assert_eq!(running.store.data().buckets.len(), 0);
    Ok(())
}

/// What the host or the caller did wrong is an error that Go can look into, and an error of Go is a case of the WIT.
pub fn misuse() -> wasmtime::Result<()> {
    let mut running = Running::new(&component(), link);
    let mine = running.store.data_mut().buckets.make("mine".to_owned()).try_into_resource_any(&mut running.store)?;
    running.call(COUNTERS, "lend", &[Val::Resource(mine)])?;
    let got = running.call(COUNTERS, "keep", &[Val::String("misuse".to_owned())])?;
    let text = Some(Box::new(Val::String("\u{fffd}an error of Go".to_owned())));
    assert_eq!(got, Val::Result(Err(Some(Box::new(Val::Variant("other".to_owned(), text))))));
    for (function, name, said) in [
        ("lend", "not text", "wit: the string is not UTF-8"),
        ("give", "closed", "wit: the resource is closed or was given away"),
    ] {
        let made = running.store.data_mut().buckets.make(name.to_owned()).try_into_resource_any(&mut running.store)?;
        let got = running.call(COUNTERS, function, &[Val::Resource(made)])?;
        let text = Some(Box::new(Val::String(said.to_owned())));
        assert_eq!(got, Val::Result(Err(Some(Box::new(Val::Variant("other".to_owned(), text))))));
    }
    let got = running.call(COUNTERS, "keep", &[Val::String("missing".to_owned())])?;
    assert_eq!(got, Val::Result(Err(Some(Box::new(Val::Variant("no-such-store".to_owned(), None))))));
    Ok(())
}
