namespace CimStore.Policies;

/// <summary>What keeps an object from where its rule wants it.</summary>
internal enum MigrationHold
{
    None,
    Residence,
    TargetIsFilling,
    BreakEven,
}
