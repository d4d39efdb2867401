using CimStore.Locations;

namespace CimStore.Engine;

/// <summary>An object that owes copies or parts.</summary>
/// <param name="CopiesOwed">Effective copies that its class demands and that are not there.</param>
/// <param name="IsHopeless">A repair found that no copy of it proves: only bringing it from elsewhere helps.</param>
public sealed record OwedObject(ContentKey Key, DebtRecord Debt, int CopiesOwed, bool IsHopeless);
