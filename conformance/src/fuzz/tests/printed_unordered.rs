async fn found_by_fuzz(bench: &mut Bench) -> Outcome {
    let guest = bench.keyvalue().await?;
    let handles = [guest.open(DEFAULT).await?];
    handles[0].set("a", b"x").await?;
    let found: BTreeSet<_> = handles[0].get_many::<&str>(&["gone", "a"]).await?.into_iter().flatten().collect();
    expect_eq("get-many", found, BTreeSet::from([("a".to_owned(), b"x".to_vec())]))?;
    let found: BTreeSet<_> = handles[0].get_many::<&str>(&[]).await?.into_iter().flatten().collect();
    expect_eq("get-many", found, BTreeSet::from([]))?;
    // The model says Pairs([]), the host Values([None]).
    Ok(())
}
