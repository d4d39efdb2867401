using CimStore.Objects;
using CimStore.Policies;

namespace CimStore.Translation;

/// <summary>What a word of another context ("must-not-lose") asks of the storage (D12, D13).</summary>
/// <param name="Class">Null: the strongest that the locations satisfy.</param>
/// <param name="Level">Null: the data class decides.</param>
/// <param name="Factor">Copies in distinct failure domains; null: as many as the class requires.</param>
/// <param name="AcceptsDebt">Copies owed are taken instead of a refusal.</param>
public sealed record ConsistencyTerms(
    DurabilityClass? Class, DataClass DataClass, ConsistencyLevel? Level, int? Factor, bool AcceptsDebt)
{
    public const int FactorMax = 16;

    public static readonly ConsistencyTerms Default = new(null, DataClass.Content, null, null, false);

    /// <summary>Copies that a Replicate is to make; null when neither factor nor class says how many.</summary>
    public int? Copies => Factor ?? (Class is { } asked ? ConsistencyTable.CopiesRequired(asked) : null);
}
