//! Calls of any function that a component exports, written in WAVE: `primes(10)`.

use super::{
    App, Ending, Env,
    app::{failed, full},
    instance, one_line,
    span::Doing,
};
use std::fmt::Display;
use wasmtime::component::{
    Type, Val,
    types::{ComponentFunc, ComponentItem},
    wasm_wave::{
        untyped::UntypedFuncCall,
        wasm::{DisplayType, WasmType, WasmTypeKind},
    },
};

/// A function that a component exports, at the level of its world or in an interface.
#[derive(Clone)]
pub struct Function {
    interface: Option<String>,
    name: String,
    ty: ComponentFunc,
}

/// A function, and the arguments to call it with.
#[derive(Debug, Clone)]
pub struct Call {
    function: Function,
    arguments: Vec<Val>,
}

impl Function {
    /// The interface it is in, with its version; `None` for one of the world's own.
    #[must_use]
    pub fn interface(&self) -> Option<&str> {
        self.interface.as_deref()
    }

    /// Its name in the interface or world.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether [`App::call`] can call it: WAVE cannot write the resources, streams, futures and maps of other functions.
    #[must_use]
    pub fn is_sayable(&self) -> bool {
        !self.ty.params().map(|(_, ty)| ty).chain(self.ty.results()).any(|ty| unsayable(&ty))
    }

    /// Whether a user who writes `name` can mean it. A user may leave out the version, the package, or the interface.
    fn is_named(&self, name: &str) -> bool {
        let Some(full) = &self.interface else { return name == self.name };
        let Some((interface, function)) = name.rsplit_once('#') else { return name == self.name };
        let bare = full.split('@').next().unwrap_or(full);
        let last = bare.rsplit('/').next().unwrap_or(bare);
        function == self.name && [full.as_str(), bare, last].contains(&interface)
    }
}

/// As a user calls it, with types for arguments: `math:calc/ops#add(a: u32, b: u32) -> u32`.
impl Display for Function {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(interface) = &self.interface {
            write!(f, "{interface}#")?;
        }
        write!(f, "{}(", self.name)?;
        for (at, (name, ty)) in self.ty.params().enumerate() {
            write!(f, "{}{name}: {}", if at == 0 { "" } else { ", " }, DisplayType(&ty))?;
        }
        f.write_str(")")?;
        self.ty.results().try_for_each(|ty| write!(f, " -> {}", DisplayType(&ty)))
    }
}

impl std::fmt::Debug for Function {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Function({self})")
    }
}

impl App {
    /// The functions that it exports, those of interfaces included, in the order of the component. Constructors and
    /// methods of resources are left out.
    #[must_use]
    pub fn functions(&self) -> Vec<Function> {
        let engine = self.runtime.engine();
        let mut functions = Vec::new();
        let mut add = |interface: Option<&str>, name: &str, ty: ComponentFunc| {
            if !name.starts_with('[') {
                functions.push(Function { interface: interface.map(str::to_owned), name: name.to_owned(), ty });
            }
        };
        for (name, item) in self.pre.component().component_type().exports(engine) {
            match item.ty {
                ComponentItem::ComponentFunc(ty) => add(None, name, ty),
                ComponentItem::ComponentInstance(interface) => {
                    for (function, item) in interface.exports(engine) {
                        if let ComponentItem::ComponentFunc(ty) = item.ty {
                            add(Some(name), function, ty);
                        }
                    }
                }
                _ => {}
            }
        }
        functions
    }

    /// Reads a call in WAVE: `primes(10)`, or `math:calc/ops#add(1, 2)` for a function of an interface. Version, package
    /// and interface may be left out where what is left names one function. Options at the end of the arguments may be
    /// left out.
    ///
    /// # Errors
    /// What is wrong, for the person who wrote the call: on a name that is no function's, with all functions there are.
    pub fn call(&self, text: &str) -> Result<Call, String> {
        let text = text.trim();
        let at = text.find('(').ok_or_else(|| format!("`{text}` is no call: write `{text}()`"))?;
        let (name, arguments) = text.split_at(at);
        let function = self.function(name.trim())?;
        if !function.is_sayable() {
            return Err(format!("`{function}` has resources, streams, futures or maps, which WAVE cannot write"));
        }
        let types: Vec<_> = function.ty.params().map(|(_, ty)| ty).collect();
        // The name was found without the parser, which knows no interfaces.
        let call = format!("f{arguments}");
        let arguments = UntypedFuncCall::parse(&call)
            .and_then(|call| call.to_wasm_params(&types))
            .map_err(|e| format!("the arguments in `{text}` do not fit `{function}`: {e}"))?;
        Ok(Call { function, arguments })
    }

    fn function(&self, name: &str) -> Result<Function, String> {
        let all = self.functions();
        let list = |functions: &[&Function]| -> String { functions.iter().map(|one| format!("\n  {one}")).collect() };
        let named: Vec<_> = all.iter().filter(|function| function.is_named(name)).collect();
        // The world's own have no longer name to be told apart by.
        match named.iter().find(|one| one.interface.is_none()).or(named.first().filter(|_| named.len() == 1)) {
            Some(function) => Ok((*function).clone()),
            None if all.is_empty() => Err("the component exports no functions".to_owned()),
            None if named.is_empty() => {
                Err(format!("no function is called `{name}`; there are:{}", list(&all.iter().collect::<Vec<_>>())))
            }
            None => Err(format!("`{name}` can mean more than one function; write one of:{}", list(&named))),
        }
    }

    /// Makes a call in a fresh instance. Dropping the future ends the instance.
    ///
    /// The text is the function's result in WAVE, if it has one. [`Ending::Exited`] has 1 for the `err` of a result and
    /// 0 for all else.
    pub async fn invoke(&self, env: Env, call: &Call) -> (Ending, Option<String>) {
        let doing = Doing::run(&self.name);
        let (ending, result) = doing.instrument(self.invoke_once(env, call)).await;
        doing.ended(&ending);
        (ending, result)
    }

    async fn invoke_once(&self, env: Env, call: &Call) -> (Ending, Option<String>) {
        let Some(_place) = self.runtime.place() else { return (full(&self.runtime), None) };
        let mut store = match instance::store(&self.runtime, env) {
            Ok(store) => store,
            Err(ending) => return (ending, None),
        };
        let instance = match self.pre.instantiate_async(&mut store).await {
            Ok(instance) => instance,
            Err(e) => return (failed(&store, &e, Ending::Failed), None),
        };
        let Function { interface, name, ty } = &call.function;
        let within = interface.as_ref().map(|interface| instance.get_export_index(&mut store, None, interface));
        let at = match within {
            None => instance.get_export_index(&mut store, None, name),
            Some(within) => within.and_then(|within| instance.get_export_index(&mut store, Some(&within), name)),
        };
        let Some(function) = at.and_then(|at| instance.get_func(&mut store, at)) else {
            return (Ending::Failed(format!("it has no function `{}`", call.function)), None);
        };
        let mut results = vec![Val::Bool(false); ty.results().len()];
        if let Err(e) = function.call_async(&mut store, &call.arguments, &mut results).await {
            return (failed(&store, &e, Ending::Trapped), None);
        }
        let code = matches!(results.first(), Some(Val::Result(Err(_)))).into();
        match results.first().map(Val::to_wave).transpose() {
            Ok(text) => (Ending::Exited(code), text),
            Err(e) => (Ending::Failed(format!("its result cannot be written in WAVE: {}", one_line(&e))), None),
        }
    }
}

/// Whether WAVE has no words for values of a type.
fn unsayable(ty: &Type) -> bool {
    match ty.kind() {
        WasmTypeKind::Unsupported => true,
        WasmTypeKind::List => ty.list_element_type().is_some_and(|ty| unsayable(&ty)),
        WasmTypeKind::Option => ty.option_some_type().is_some_and(|ty| unsayable(&ty)),
        WasmTypeKind::Record => ty.record_fields().any(|(_, ty)| unsayable(&ty)),
        WasmTypeKind::Tuple => ty.tuple_element_types().any(|ty| unsayable(&ty)),
        WasmTypeKind::Variant => ty.variant_cases().any(|(_, ty)| ty.is_some_and(|ty| unsayable(&ty))),
        WasmTypeKind::Result => ty.result_types().is_some_and(|(ok, err)| [ok, err].iter().flatten().any(unsayable)),
        _ => false,
    }
}
