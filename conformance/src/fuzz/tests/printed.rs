async fn found_by_fuzz(bench: &mut Bench) -> Outcome {
    let guest = bench.keyvalue().await?;
    let mut handles = [guest.open(DEFAULT).await?, guest.open(DEFAULT).await?];
    handles[0].set("A", b"\x00\"\\\xff ").await?;
    handles[1].expect("A", b"\x00\"\\\xff ").await?;
    handles[0].expect_missing("a").await?;
    handles[1].set_many::<&str, &[u8]>(&[("b", b"x"), ("é\"", b"yy")]).await?;
    handles[0].set_many::<&str, &[u8]>(&[]).await?;
    expect_eq("get-many", handles[1].get_many::<&str>(&["é\"", "gone", "b"]).await?, vec![Some(("é\"".to_owned(), b"yy".to_vec())), None, Some(("b".to_owned(), b"x".to_vec()))])?;
    expect_eq("get-many", handles[0].get_many::<&str>(&[]).await?, vec![])?;
    expect_eq("increment", handles[1].increment("n", 2).await?, 2)?;
    expect_eq("increment", handles[0].increment("n", -3).await?, -1)?;
    expect_eq("all keys", set(&handles[1].all_keys().await?), set::<&str>(["A", "b", "n", "é\""]))?;
    expect_eq("exists", handles[0].exists("n").await?, true)?;
    handles[1].delete_many::<&str>(&["n", "b"]).await?;
    handles[0].delete_many::<&str>(&[]).await?;
    expect_eq("exists", handles[1].exists("n").await?, false)?;
    handles[0].cas("c").await?.wins(b"swapped").await?;
    let cas = handles[1].cas("c").await?;
    handles[1].set("c", b"").await?;
    cas.loses("too late").await?.close().await?;
    handles[0].clone().close().await?;
    handles[0] = guest.open(DEFAULT).await?;
    handles[1].expect("c", b"").await?;
    handles[0].delete("A").await?;
    handles[1].delete("c").await?;
    handles[0].delete("é\"").await?;
    expect_eq("all keys", set(&handles[1].all_keys().await?), set::<&str>([]))?;
    // The model says Keys({}), the host Keys(["A"]).
    Ok(())
}
