namespace CimStore.Journal;

/// <summary>The whole store in numbers: each content once, whoever refers to it and whether anybody does.</summary>
/// <param name="Objects">Contents that are present.</param>
/// <param name="LogicalBytes">Their sizes.</param>
public sealed record CatalogTotals(long Objects, long LogicalBytes);
